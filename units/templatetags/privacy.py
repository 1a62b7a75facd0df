"""Personal data as it is shown to those who do not need it."""

from django import template

from units import privacy

register = template.Library()
register.filter("masked", privacy.masked)
