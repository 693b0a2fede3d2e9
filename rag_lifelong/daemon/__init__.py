"""The watcher daemon: keeps a store in step with folders, and tells how far behind it is."""
