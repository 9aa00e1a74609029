"""The catalogue: reads kinds, controls and policies, and hands them down as values.

Everything that is wrong with a file is found here, before anything is looked at.
"""
