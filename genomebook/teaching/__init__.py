"""For a class: a tour of a book in eight stops, a game against chance, a worksheet, the glossary."""
