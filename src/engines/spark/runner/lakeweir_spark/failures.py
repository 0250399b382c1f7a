"""What failed, in the words of the contract."""

import re

# What the system says at the end of a message of Java's → its code.
SYSTEM_ERRORS = {
    "No space left on device": "ENOSPC",
    "Disk quota exceeded": "EDQUOT",
    "Read-only file system": "EROFS",
    "Permission denied": "EACCES",
    "Operation not permitted": "EPERM",
    "Input/output error": "EIO",
    "Too many open files": "EMFILE",
    "Cannot allocate memory": "ENOMEM",
    "Stale file handle": "ESTALE",
    "Device or resource busy": "EBUSY",
}

# Java's classes whose messages come from the system. Messages of others may quote values, which contain anything.
SYSTEM_CLASSES = re.compile(r"^(java\.(io|nio)\.|org\.apache\.hadoop\.|org\.apache\.parquet\.)")

MORE_MEMORY = "Give it more: driverMemory in the config or, for executors, -- --conf spark.executor.memory=…"

# How SQL tells of a value that no table can hold: its kind, and texts in hexadecimal.
VALUE = re.compile(r"lakeweir-value:(\w+):((?:NULL|[0-9A-F]*)(?::(?:NULL|[0-9A-F]*))*);")


class Failure(Exception):
    """A failure as the contract words it."""

    def __init__(self, message, code=None, remedy=None, is_of_value=False, ends_session=False):
        super().__init__(message)
        self.message = message
        self.code = code
        self.remedy = remedy
        self.is_of_value = is_of_value
        # Whether nothing more is to be expected of this session: another is started for the next plan.
        self.ends_session = ends_session

    def as_json(self):
        return {"code": self.code, "message": self.message, "remedy": self.remedy, "isOfValue": self.is_of_value}


def engine_failure(message, remedy=None):
    return Failure(message, "LAKE_ENGINE_FAILED", remedy, ends_session=True)


def failure_of(error):
    """The failure that an exception stands for."""
    if isinstance(error, Failure):
        return error
    if is_gone(error):
        return engine_failure("Spark's driver has ended.")
    chain = causes_of(error)
    return (
        system_failure(chain)
        or lost_executor(chain)
        or stopped_session(chain)
        or Failure(reason_of(chain))
    )


def is_gone(error):
    """Whether there is no Java any more that could answer."""
    from py4j.protocol import Py4JError, Py4JJavaError, Py4JNetworkError

    if isinstance(error, (ConnectionError, EOFError, Py4JNetworkError)):
        return True
    # With a trace, Java has answered: it knows no such method.
    return isinstance(error, Py4JError) and not isinstance(error, Py4JJavaError) and "Trace:" not in str(error)


def causes_of(error):
    """The exceptions of a chain, the outermost first, each as the name of its class and its message."""
    java = getattr(error, "java_exception", None) or getattr(error, "_origin", None)
    if java is None:
        return [(type(error).__name__, str(error))]
    chain = []
    try:
        while java is not None and len(chain) < 20:
            chain.append((java.getClass().getName(), java.getMessage() or ""))
            java = java.getCause()
    except Exception as gone:  # Java has ended in between
        chain.append((type(gone).__name__, str(gone)))
    return chain


def value_in(chain):
    """The kind and the texts of a value that SQL has refused; None if that is not what failed."""
    for _, message in chain:
        found = VALUE.search(message)
        if found:
            texts = [None if part == "NULL" else bytes.fromhex(part).decode() for part in found[2].split(":")]
            return found[1], texts
    return None


def system_failure(chain):
    for name, message in chain:
        if name == "java.lang.OutOfMemoryError" or "java.lang.OutOfMemoryError: " in message:
            return Failure(f"Spark ran out of memory: {first_line(message)}", "ENOMEM", MORE_MEMORY)
        if not SYSTEM_CLASSES.match(name):
            continue
        for text, code in SYSTEM_ERRORS.items():
            if text in message:
                return Failure(f"{first_line(message)} (of Spark)", code)
    return None


def lost_executor(chain):
    text = "\n".join(message for _, message in chain)
    lost = re.search(r"ExecutorLostFailure \(([^)]*)\)(?: Reason: ([^\n]*))?", text)
    if lost is None:
        return None
    reason = f"{lost[1]}{': ' + lost[2] if lost[2] else ''}"
    if re.search(r"exceeding (physical |virtual )?memory|exit code (is )?(137|52)\b|OutOfMemory|OOM", reason):
        return Failure(f"Spark lost an executor that ran out of memory: {reason}", "ENOMEM", MORE_MEMORY)
    return engine_failure(
        f"Spark lost executors until it gave the batch up: {reason}",
        "Find out in the logs of its workers why they end.",
    )


def stopped_session(chain):
    text = "\n".join(message for _, message in chain)
    if re.search(r"stopped SparkContext|SparkContext (was|has been) shut ?down|Master removed our application", text):
        return engine_failure(f"Spark has ended its session: {first_line(text)}")
    return None


def reason_of(chain):
    """The innermost message that says something."""
    said = [(name, message) for name, message in chain if message.strip()]
    if not said:
        return f"Spark failed with {chain[-1][0]}."
    name, message = said[-1]
    line = first_line(message)
    return line if line.startswith("[") else f"{name.rsplit('.', 1)[-1]}: {line}"


def first_line(message):
    lines = [line for line in message.strip().split("\n") if line.strip()]
    return lines[0] if lines else "it does not say why"
