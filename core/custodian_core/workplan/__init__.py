"""Workplans: Markdown plans with front matter and fenced task blocks."""
