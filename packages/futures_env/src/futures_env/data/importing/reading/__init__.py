"""From a file as a vendor wrote it to a frame of named columns: content, layout, text."""
