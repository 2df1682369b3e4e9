"""Long-term mining (paper 000): the whole video as a heap of object proposals, mined from easy to hard."""
