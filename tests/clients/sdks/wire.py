"""What goes over the wire below an SDK."""


class Wire:
    """Hooks of the SDKs' HTTP client: how many requests there were, and the last response's headers."""

    def __init__(self):
        self.requests, self.headers = 0, {}

    def request(self, _request):
        self.requests += 1

    def response(self, response):
        self.headers = response.headers

    @property
    def hooks(self):
        return {"request": [self.request], "response": [self.response]}
