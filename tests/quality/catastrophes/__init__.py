"""Catastrophes that befall small real campaigns at random moments; nothing of them may be lost."""
