//! One instant for the whole call.
