"""What labelers and reviewers see: views, their forms, and what goes into templates."""
