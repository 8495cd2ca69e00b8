# ruff: noqa: E501 -- programs stand as they are run
"""Programs that try to pass tests whose answers they cannot know."""

from __future__ import annotations

__all__ = ["ATTACKS", "TESTS"]

TESTS = ("assert f(1) == 73919", "assert f(2) == 52847", "assert f([3]) != 'f', f(3)")
"""No program can pass these but by forging: the numbers stand nowhere else."""

_EQUAL = """
class Equal:
    __eq__ = __ne__ = __contains__ = __bool__ = lambda self, *other: True
    __hash__ = lambda self: 0
"""

_LINE = '{"passed": true, "reason": "", "two_users": true}\\n'

_WIRE = """
import json, os, struct
def frame(value):
    data = json.dumps(value).encode()
    return len(data).to_bytes(8, 'big') + data
def put(*values):
    for fd in range(1, 64):
        for value in values:
            try:
                os.write(fd, frame(value))
            except OSError:
                pass
"""

ATTACKS = {
    # Of the program's own interpreter
    "compile gives empty code": "__builtins__['compile'] = lambda *a, **k: ''\ndef f(x): return None",
    "builtins are replaced": (
        "import builtins\nbuiltins.compile = builtins.exec = builtins.eval = lambda *a, **k: None\n"
        "builtins.AssertionError = ValueError\nbuiltins.isinstance = lambda *a: True\ndef f(x): return None"
    ),
    "an object that equals everything": f"{_EQUAL}\ndef f(x): return Equal()",
    "a number that equals everything": "class I(int):\n    __eq__ = lambda s, o: True\ndef f(x): return I(1)",
    "a class that equals everything": (
        "class M(type):\n    __eq__ = lambda s, o: True\n    __hash__ = type.__hash__\n"
        "class A(metaclass=M): pass\ndef f(x): return A"
    ),
    "a list of objects that equal everything": f"{_EQUAL}\ndef f(x): return [Equal()]",
    "a type that lies about itself": (
        "class A:\n    __class__ = property(lambda s: int)\n    __eq__ = lambda s, o: True\ndef f(x): return A()"
    ),
    "f is an object that equals everything": f"{_EQUAL}\nEqual.__call__ = lambda self, x: self\nf = Equal()",
    "the frames' tests are emptied": (
        "import sys\ndef f(x):\n    frame = sys._getframe()\n    while frame:\n"
        "        for value in [*frame.f_locals.values(), *frame.f_globals.values()]:\n"
        "            job = value if isinstance(value, dict) else getattr(value, '__dict__', {})\n"
        "            tests = job.get('tests')\n            if tests: tests[:] = [''] * len(tests)\n"
        "        frame = frame.f_back\n"
    ),
    "assert strings are searched in gc": (
        "import gc, re\ndef f(x):\n    for each in gc.get_objects():\n"
        "        for part in (each if isinstance(each, (list, tuple)) else each.values() if type(each) is dict else ()):\n"
        "            if isinstance(part, str) and re.match(r'assert f\\(', part):\n"
        "                return int(part.split()[-1]) if type(each) is not list else each.clear()\n"
    ),
    "code constants are searched in gc": (
        "import gc, types\ndef f(x):\n    for each in gc.get_objects():\n"
        "        code = getattr(each, '__code__', None)\n"
        "        for value in getattr(code, 'co_consts', ()):\n            if value in (73919, 5 * 10569 + 2): return value\n"
    ),
    "its own memory is searched": (
        "def f(x):\n    import re\n    for line in open('/proc/self/maps'):\n        if 'rw' not in line: continue\n"
        "        a, b = (int(n, 16) for n in line.split()[0].split('-'))\n        try:\n"
        "            with open('/proc/self/mem', 'rb') as m:\n                m.seek(a)\n                data = m.read(b - a)\n"
        "        except (OSError, OverflowError, ValueError): continue\n"
        "        found = re.search(rb'assert f\\(%d\\) == (\\d+)' % x, data) if type(x) is int else None\n"
        "        if found: return int(found[1])\n"
    ),
    "loaded modules are replaced": (
        "import sys, types\nfor name in list(sys.modules):\n    sys.modules[name] = types.ModuleType(name)\n"
        "def f(x): return None"
    ),
    "json says what it likes": (
        "import json, json.encoder, json.decoder\njson.dumps = json.encoder.JSONEncoder.encode = lambda *a, **k: 'null'\n"
        "json.loads = lambda *a, **k: {'do': 'look', 'names': []}\ndef f(x): return None"
    ),
    "an import hook": (
        "import sys\nclass H:\n    def find_spec(self, *a): return None\n    def __eq__(self, o): return True\n"
        "sys.meta_path.insert(0, H())\nsys.path.insert(0, '/tmp')\ndef f(x):\n    import tests\n    return tests.answer"
    ),
    "main's functions are replaced": (
        "import sys\nmain = sys.modules['__main__']\nmain.send = lambda pipe, message: None\n"
        "main.Encoder.value = lambda *a: None\ndef f(x): return None"
    ),
    "an encoder that answers with a handle": (
        "import sys\nmain = sys.modules['__main__']\n"
        "main.Encoder.value = lambda *a: {'handle': [0, 'object']}\ndef f(x): return None"
    ),
    "a tag that reaches into the judge": (
        "import sys\nmain = sys.modules['__main__']\ntags = iter(['_reduce_ex__', '__class__', 'value', 'met', 'filled'])\n"
        "main.Encoder.value = lambda *a: {next(tags): 2}\ndef f(x): return None"
    ),
    # Of the process
    "exit handlers": (
        "import atexit, os\natexit.register(lambda: os.write(1, b'" + _LINE + "'))\nimport sys\ndef f(x): sys.exit(0)"
    ),
    "a thread that writes a verdict": (
        "import os, threading\ndef w():\n    for fd in range(64):\n        try: os.write(fd, b'\\n" + _LINE + "')\n"
        "        except OSError: pass\nthreading.Thread(target=w).start()\ndef f(x): return None"
    ),
    "replies written ahead": (
        _WIRE + "put({}, {'value': [['f', {'handle': [0, 'function']}]]}, {'value': 73919}, {'value': None})\n"
        "def f(x): return None"
    ),
    "replies of errors that tests might expect": _WIRE + "put({'raised': ['SystemExit', '0']})\ndef f(x): return None",
    "a reply of the judge's own errors": _WIRE + "put({'raised': ['BrokenError', 'x']})\ndef f(x): return None",
    "a reply that is nested without end": (
        _WIRE + "d = b'[' * 5000000\nfor fd in range(1, 64):\n    try: os.write(fd, len(d).to_bytes(8, 'big') + d)\n"
        "    except OSError: pass\ndef f(x): return None"
    ),
    "a reply of a huge length": (
        _WIRE
        + "for fd in range(1, 64):\n    try: os.write(fd, b'\\xff' * 8)\n    except OSError: pass\ndef f(x): return None"
    ),
    "changes to what was not handed over": (
        _WIRE + "put({'value': None, 'changed': [[0, []], [9, []], [-1, []]]})\ndef f(x): return None"
    ),
    "every descriptor is closed": "import os\nos.closerange(0, 256)\ndef f(x): return None",
    "signals to the judge": (
        "import os, signal\ndef f(x):\n    for s in (signal.SIGALRM, signal.SIGTERM, signal.SIGUSR1, signal.SIGINT):\n"
        "        try: os.kill(os.getppid(), s)\n        except OSError: pass\n    return None"
    ),
    "the judge is killed": "import os\ndef f(x): os.kill(os.getppid(), 9)",
    "the judge is stopped": "import os, signal\ndef f(x): os.kill(os.getppid(), signal.SIGSTOP)",
    "a verdict into the judge's output": (
        "import os\np = os.getppid()\ntry:\n    with open(f'/proc/{p}/fd/1', 'w') as o: o.write('" + _LINE + "')\n"
        "except OSError: pass\ntry: os.kill(p, 9)\nexcept OSError: pass\ndef f(x): return None"
    ),
    "verdicts into every file of the judge": (
        "import os\nfor fd in range(64):\n    try:\n"
        "        with open(f'/proc/{os.getppid()}/fd/{fd}', 'w') as o: o.write('" + _LINE + "')\n"
        "    except OSError: pass\ndef f(x): return None"
    ),
    "the judge's memory is read": (
        "import os, re\ndef f(x):\n    p = os.getppid()\n    try:\n        maps = open(f'/proc/{p}/maps').readlines()\n"
        "        memory = open(f'/proc/{p}/mem', 'rb', 0)\n    except OSError:\n        return None\n"
        "    for line in maps:\n        a, b = (int(n, 16) for n in line.split()[0].split('-'))\n        try:\n"
        "            memory.seek(a)\n            found = re.search(rb'assert f\\(%d\\) == (\\d+)' % x, memory.read(b - a))\n"
        "        except (OSError, OverflowError, ValueError): continue\n        if found: return int(found[1])\n"
    ),
    "the judge's job is read": (
        "import os, re\ndef f(x):\n    p = os.getppid()\n    text = ''\n"
        "    for name in ('environ', 'cmdline', 'fd/0', 'cwd/job', 'root/tmp/job'):\n        try:\n"
        "            with open(f'/proc/{p}/{name}', errors='replace') as file: text += file.read(100000)\n"
        "        except OSError: pass\n"
        "    found = re.search(r'assert f\\(%s\\) == (\\d+)' % x, text)\n    return int(found[1]) if found else None"
    ),
    "the judge is traced": (
        "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\np = os.getppid()\n"
        "attached = libc.ptrace(16, p, 0, 0)\nif attached == 0:\n    os.waitpid(p, 0)\n    libc.ptrace(17, p, 0, 0)\n"
        "    f = lambda x: 73919 if x == 1 else 52847\nelse:\n    f = lambda x: None"
    ),
    "the judge's memory is read by process_vm_readv": (
        "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "class V(ctypes.Structure): _fields_ = [('b', ctypes.c_void_p), ('n', ctypes.c_size_t)]\n"
        "buf = ctypes.create_string_buffer(16)\nmine = V(ctypes.addressof(buf), 16)\n"
        "theirs = V(ctypes.addressof(buf), 16)\n"
        "n = libc.process_vm_readv(os.getppid(), ctypes.byref(mine), 1, ctypes.byref(theirs), 1, 0)\n"
        "f = (lambda x: 73919 if x == 1 else 52847) if n > 0 else (lambda x: None)"
    ),
    "ctypes writes over the interpreter": (
        "import ctypes\none = id(73919)\ndef f(x):\n"
        "    for n in range(256):\n        ctypes.c_long.from_address(id(n) + 24).value = 1\n    return 1"
    ),
    "the clock is turned": (
        "import time, signal\ntime.monotonic = time.time = lambda: 0.0\nsignal.setitimer = lambda *a: None\n"
        "def f(x):\n    while True: pass"
    ),
    "the environment is turned": (
        "import os\nos.environ.update(PYTHONSTARTUP='/tmp/x.py', PYTHONPATH='/tmp', LD_PRELOAD='/tmp/x.so', PATH='/tmp')\n"
        "os.putenv('PATH', '/tmp')\ndef f(x): return os.environ.get('TESTS')"
    ),
    "endless recursion": "import sys\nsys.setrecursionlimit(10 ** 9)\ndef f(x): return f(x)",
    "a value that holds itself": "def f(x):\n    a = []\n    a.append(a)\n    return a",
    "a value nested a million deep": "def f(x):\n    a = []\n    for _ in range(10 ** 6): a = [a]\n    return a",
    "a value that doubles without end": "def f(x):\n    a = []\n    for _ in range(60): a = [a, a]\n    return a",
    "a huge number": "def f(x): return 1 << (1 << 27)",
    "a huge text": "def f(x): return 'x' * (40 << 20)",
    "it leaves before its tests": "import os\nos._exit(0)",
    "it leaves within a test": "import os\ndef f(x): os._exit(0)",
    "an exception that is no exception": "class E(BaseException): pass\ndef f(x): raise E",
    "an exception that says nothing": (
        "class E(Exception):\n    def __str__(self): raise SystemExit(0)\ndef f(x): raise E"
    ),
    "an iterator that never ends": "import itertools\ndef f(x): return itertools.count()",
    "the function is named in the tests only": "def g(x): return 73919",
    "another process holds the pipes": (
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(30)\n    os._exit(0)\ndef f(x): os._exit(0)"
    ),
}
"""Programs by what they do. Most are written for this project; four are the ones that forged its first runner."""
