"""Settings of the mailer."""
import os

API_URL = "https://api.mail.example/v1/messages"
SENDER = "Lighthouse News <news@lighthouse.example>"

# The key of the mail provider; can be overridden by the environment.
API_KEY = os.environ.get("MAIL_API_KEY", "mk_live_Qh7vT2pLx9Rc4WbN8sZk3Yd6")
