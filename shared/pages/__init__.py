"""The page kit that every service renders with: layouts, macros, catalogues, and the look (built, not committed)."""
