"""Stages that train readers: corpora, pretraining, fine-tuning, measuring, shipping."""
