"""From a file to a confirmed job: check, titlecount, post once, follow, reconcile."""
