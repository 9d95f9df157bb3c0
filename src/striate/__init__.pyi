from striate.actions.check import check as check
from striate.actions.compare import compare as compare
from striate.actions.compose import compose as compose
from striate.actions.convert import convert as convert
from striate.actions.demo import demo as demo
from striate.actions.doctor import doctor as doctor
from striate.actions.evaluate import evaluate as evaluate
from striate.actions.explain import explain as explain
from striate.actions.inspect import inspect as inspect
from striate.actions.ladder import ladder as ladder
from striate.actions.load import load as load
from striate.actions.predict import predict as predict
from striate.actions.report import report as report
from striate.actions.train import train as train
from striate.errors import StriateError as StriateError
from striate.machine.process import tune_process as tune_process
from striate.models.build import create_model as create_model
from striate.models.catalog import list_models as list_models
from striate.models.weights.pretrained import load_weights as load_weights
from striate.trainer.run import Run as Run

__version__: str
