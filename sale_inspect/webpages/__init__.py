"""Pages of the web as text, converted where a hostile page can do no harm."""

from sale_inspect.webpages._contamination import is_contaminated
from sale_inspect.webpages._refused import is_refused
from sale_inspect.webpages._text import can_read_pdf, decoded, html_text, pdf_text

__all__ = ["can_read_pdf", "decoded", "html_text", "is_contaminated", "is_refused", "pdf_text"]
