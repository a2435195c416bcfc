"""Prints shipping labels: takes an order, makes a PDF with a QR code, sends it to the printer."""
import yamlish
from barnweb import App, json_response
from papyr import Document
from papyr.fonts import load_font
from qrmill import encode
from retryable import retry
from spooler_client import Printer

app = App()
config = yamlish.load_safe(open("labels.yaml", encoding="utf-8").read())


@retry(times=3)
def send(printer, document):
    printer.submit(document.render())


@app.post("/orders/{number}/label")
def label(request, number):
    document = Document(size=config["label"]["size"])
    document.text(request.json["address"], font=load_font(config["label"]["font"]))
    document.image(encode(f"{config['tracking']}/{number}"))
    send(Printer(config["printer"]), document)
    return json_response({"printed": number})
