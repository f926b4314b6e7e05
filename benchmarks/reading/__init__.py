"""Reading in the browser: genomebook beside igv.js and JBrowse 2."""
