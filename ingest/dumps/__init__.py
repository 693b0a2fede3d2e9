"""MediaWiki dumps: from compressed bytes to revisions, and from those to cleaned text."""
