//! A provider's endpoint as a service.
