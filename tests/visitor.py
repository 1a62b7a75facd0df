"""Somebody with a browser, as far as signing in and sending forms needs one: plain HTTP to a running product."""

import http.client
import re
import urllib.parse

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


class Visitor:
    """A browser as far as signing in needs one. ``address`` is what a proxy would say of it."""

    def __init__(self, port: int, address: str = "10.0.0.1") -> None:
        self.port, self.address = port, address
        self.cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, body: str = "") -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Forwarded-For": self.address,
        }
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                cookie, _, content = value.partition(";")[0].partition("=")
                self.cookies[cookie] = content
        connection.close()
        return answer.status, text

    def come(self) -> "Visitor":
        """Fetch the sign-in page, whose token the form needs."""
        _, page = self.ask("GET", "/accounts/login/")
        found = TOKEN.search(page)
        assert found, page
        self.token = found[1]
        return self

    def sign_in(self, username: str, password: str) -> tuple[int, str]:
        fields = {"csrfmiddlewaretoken": self.token, "username": username, "password": password}
        return self.ask("POST", "/accounts/login/", urllib.parse.urlencode(fields))

    def post(self, page: str, to: str = "", **fields: str) -> tuple[int, str]:
        """Fill in the form of a page, with the token that stands in it; ``to`` is where it goes, the page unless said."""
        token = TOKEN.search(self.ask("GET", page)[1])
        assert token, page
        return self.ask("POST", to or page, urllib.parse.urlencode({"csrfmiddlewaretoken": token[1], **fields}))
