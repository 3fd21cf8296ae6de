"""One adapter an SDK and API: how it is asked, and how it says what came."""
