"""Striate: a folder of images becomes a convolutional network that its owner can trust."""
