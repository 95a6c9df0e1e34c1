"""The OpenAI API for users: `app` is the application and its error boundary, `routes` answer, `health` tells."""
