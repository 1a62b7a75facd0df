"""The formats of files: what people call each, and what a browser must be told."""

LABELS = {"docx": "Word", "html": "网页", "pdf": "PDF", "xlsx": "Excel"}
CONTENT_TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
