"""Official documents as files: DOCX and PDF in the layout of GB/T 9704-2012."""
