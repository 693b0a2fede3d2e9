"""From files to dated documents and chunks: sources, parsers, splitting."""
