//! Tower's contract, and what this layer adds to it.
