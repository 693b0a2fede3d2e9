"""From a run folder to tables, figures and pages."""
