//! Shapes that goldens would not show well.
