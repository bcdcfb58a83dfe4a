//! The logic: what a set of filters would catch, and an event they miss.
