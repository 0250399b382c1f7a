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

MORE_DRIVER_MEMORY = "Give it more: driverMemory in the config, or -- --driver-memory 4g, for example."
MORE_EXECUTOR_MEMORY = "Give each executor more: -- --executor-memory 4g, for example."
KILLED_EXECUTORS = (
    "Somebody killed them: often the system, because memory ran out. Their machines must have as much as they may use, "
    "which is -- --executor-memory and a tenth more."
)

# What Java, and Spark for it, throws where there is not enough memory.
NO_MEMORY = re.compile(r"^(java\.lang\.OutOfMemoryError|org\.apache\.spark\.memory\.SparkOutOfMemoryError)\b")

# A task that failed too often, as the message of its job tells: where it ran, and what it failed with.
LOST_TASK = re.compile(r"Lost task \S+ in stage \S+ \(TID \d+\) \((\S+) executor (\w+)\): ([^\n]*)")

# How the cluster tells why an executor has ended: it had too little memory, which Java and Spark say by the code 52, or
# somebody has killed it, which is not known to be the system.
ENDED_WITHOUT_MEMORY = re.compile(
    r"exceeding (physical |virtual )?memory|(exited with|exit) code (is )?52\b|OutOfMemory|OOMKilled"
)
ENDED_BY_SIGKILL = re.compile(r"(exited with|exit) code (is )?137\b")

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
        # Whether how Java ends, if it does now, says what failed.
        self.is_told_by_end = False

    def as_json(self):
        return {"code": self.code, "message": self.message, "remedy": self.remedy, "isOfValue": self.is_of_value}


def engine_failure(message, remedy=None):
    return Failure(message, "LAKE_ENGINE_FAILED", remedy, ends_session=True)


def failure_of(error):
    """The failure that an exception stands for."""
    if isinstance(error, Failure):
        return error
    chain = causes_of(error)
    return (
        memory_failure(chain)
        or system_failure(chain)
        or lost_executor(chain)
        or told_by_end(stopped_session(chain) or gone_driver(chain) or Failure(reason_of(chain)))
    )


# The name of an exception that says that Java has ended.
GONE = "gone"


def gone_driver(chain):
    return engine_failure("Spark's driver has ended.") if any(name == GONE for name, _ in chain) else None


def told_by_end(failure):
    """A driver that ends, for example for lack of memory, fails in any way until it has; but not by an error of SQL."""
    failure.is_told_by_end = not failure.message.startswith("[")
    return failure


def is_gone(error):
    """Whether there is no Java any more that could answer."""
    if isinstance(error, (ConnectionError, EOFError)):
        return True
    try:
        from py4j.protocol import Py4JError, Py4JJavaError, Py4JNetworkError
    except ImportError:  # what fails is Spark's own installation, and that is to be told
        return False
    if isinstance(error, Py4JNetworkError):
        return True
    # With a trace, Java has answered: it knows no such method.
    return isinstance(error, Py4JError) and not isinstance(error, Py4JJavaError) and "Trace:" not in str(error)


def causes_of(error):
    """The exceptions of a chain, the outermost first, each as the name of its class and its message."""
    if is_gone(error):
        return [(GONE, str(error))]
    java = getattr(error, "java_exception", None) or getattr(error, "_origin", None)
    if java is None:
        return [(type(error).__name__, str(error))]
    chain = []
    try:
        while java is not None and len(chain) < 20:
            chain.append((java.getClass().getName(), java.getMessage() or ""))
            java = java.getCause()
    except Exception as gone:  # Java has ended in between
        chain.append((GONE, str(gone)))
    return chain


def value_in(chain):
    """The kind and the texts of a value that SQL has refused; None if that is not what failed."""
    for _, message in chain:
        found = VALUE.search(message)
        if found:
            texts = [None if part == "NULL" else bytes.fromhex(part).decode() for part in found[2].split(":")]
            return found[1], texts
    return None


def memory_failure(chain):
    """Whoever ran out of memory: an executor, or the driver, which with a local master also runs the tasks."""
    lost = next((found for found in (LOST_TASK.search(message) for _, message in chain) if found), None)
    for said in thrown_in(chain):
        if NO_MEMORY.match(said) is None:
            continue
        reason = said.partition(": ")[2]
        if lost is None or lost[2] == "driver":
            message = f"Spark's driver ran out of memory: {reason}"
            return Failure(message, "ENOMEM", MORE_DRIVER_MEMORY, ends_session=True)  # Java ends, too, in a moment
        who = f"executor {lost[2]} on {lost[1]}"
        return Failure(f"Spark's {who} ran out of memory: {reason}", "ENOMEM", MORE_EXECUTOR_MEMORY)
    return None


def thrown_in(chain):
    """What was thrown, each as the first line of a trace: the exceptions of a chain, and those that messages quote."""
    for name, message in chain:
        yield f"{name}: {first_line(message)}"
        lost = LOST_TASK.search(message)
        if lost:
            yield lost[3]
            yield from re.findall(r"^Caused by: (.*)$", message, re.MULTILINE)


def system_failure(chain):
    for name, message in chain:
        code = system_code(name, message)
        if code is not None:
            return Failure(f"{first_line(message)} (of Spark)", code)
    return None


def system_code(name, message):
    """The code of the system's error that an exception of Java's tells of; None if it tells of none."""
    if not SYSTEM_CLASSES.match(name):
        return None
    return next((code for text, code in SYSTEM_ERRORS.items() if text in message), None)


def lost_executor(chain):
    text = "\n".join(message for _, message in chain)
    lost = re.search(r"ExecutorLostFailure \(([^)]*)\)(?: Reason: ([^\n]*))?", text)
    if lost is None:
        return None
    reason = f"{lost[1]}{': ' + lost[2] if lost[2] else ''}"
    if ENDED_WITHOUT_MEMORY.search(reason):
        return Failure(f"Spark lost an executor that ran out of memory: {reason}", "ENOMEM", MORE_EXECUTOR_MEMORY)
    killed = ENDED_BY_SIGKILL.search(reason)
    return engine_failure(
        f"Spark lost executors until it gave the batch up: {reason}",
        KILLED_EXECUTORS if killed else "Find out in the logs of its workers why they end.",
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
