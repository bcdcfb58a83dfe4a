//! Integration tests, one module an area.
