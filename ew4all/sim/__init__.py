"""Dissemination over time: SimPy carries what takes time and queues, compiled kernels carry the people.

People are folded to rows (`rows`), each with its state shared by all channels; channels (`channels`) say how quickly
the people of a row are reached and notice; the population (`population`) integrates between events; the engine
(`engine`) holds the clock and takes decisions.
"""
