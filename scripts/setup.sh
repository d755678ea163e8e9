#!/usr/bin/env bash
# Sets up .venv from the lock files; called by the Makefile before everything else. A complete
# environment is recognised by its stamp in a few milliseconds; an unfinished one is made anew.
#
#   PYTHON=python3.12          which Python to use (default: the first of 3.11, 3.12, 3.13, python3)
#   NSGRAPH_GRAPH_TOOL=no      do without graph-tool
set -euo pipefail
cd "$(dirname "$0")/.."

venv=.venv
stamp=$venv/nsgraph-setup # "unfinished", or what the finished environment was made from
log=$venv/setup.log
packages=/usr/lib/python3/dist-packages # where Debian and Ubuntu put Python packages

say() { printf '==> %s\n' "$*"; }
stop() {
    printf 'nsgraph: %s\n' "$*" >&2
    exit 2
}

# version_of COMMAND: "3.11" if it is a Python that runs and is recent enough, else nothing.
version_of() {
    "$1" -c 'import sys; v = sys.version_info[:2]; v >= (3, 11) and print("%d.%d" % v)' 2>/dev/null || true
}

has_pip() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

can_use_apt() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

apt_install() { # quiet; what it said is in the log
    export DEBIAN_FRONTEND=noninteractive
    local options=(-q -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
    apt-get "${options[@]}" update >>"$log" 2>&1 </dev/null || true
    apt-get "${options[@]}" install --no-install-recommends "$@" >>"$log" 2>&1 </dev/null
}

run_logged() { # run_logged SENTENCE COMMAND...: the sentence and the log's end if it fails
    local sentence=$1
    shift
    if ! "$@" >>"$log" 2>&1 </dev/null; then
        tail -n 15 "$log" >&2
        stop "$sentence The whole log is $log; run make again to go on."
    fi
}

choose_python() {
    local candidate version seen="" without_pip=""
    if [ -n "${PYTHON:-}" ]; then
        python=$PYTHON
        [ -n "$(version_of "$python")" ] || stop "PYTHON=$python is not a Python 3.11 or newer that runs here."
        has_pip "$python" || stop "PYTHON=$python lacks the modules venv and ensurepip (Debian: python3-venv)."
        return
    fi
    for candidate in python3.11 python3.12 python3.13 python3 python /usr/bin/python3; do
        command -v "$candidate" >/dev/null || continue
        seen="$seen $("$candidate" --version 2>&1 | head -n 1 || true)"
        version=$(version_of "$candidate")
        [ -n "$version" ] || continue
        if has_pip "$candidate"; then
            python=$candidate
            return
        fi
        without_pip=${without_pip:-$candidate}
    done
    [ -n "$without_pip" ] || stop "Python 3.11 or newer is needed; found:${seen:- none}. PYTHON=/path/to/python3 make uses another one."
    version=$(version_of "$without_pip")
    if can_use_apt; then
        say "Python $version lacks venv: installing python$version-venv"
        mkdir -p "$venv"
        if apt_install "python$version-venv" && has_pip "$without_pip"; then
            python=$without_pip
            return
        fi
    fi
    stop "Python $version lacks the modules venv and ensurepip; on Debian and Ubuntu: sudo apt-get install python$version-venv"
}

# Sets graph_tool to "yes" if Debian's or Ubuntu's graph-tool for this Python is installed or could
# be installed now. It exists for one version of Python, the distribution's own.
look_for_graph_tool() {
    graph_tool=no
    [ "${NSGRAPH_GRAPH_TOOL:-yes}" != no ] || return 0
    command -v apt-get >/dev/null || return 0
    local own
    own=$(/usr/bin/python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || true)
    if [ -n "$own" ] && [ "$own" != "$version" ]; then
        echo "    graph-tool (optional): the system's is for Python $own, this is $version; going without."
    elif installed_graph_tool; then
        graph_tool=yes
    elif can_use_apt; then
        say "Installing graph-tool from the system's packages (optional; log: $log)"
        if apt_install python3-graph-tool && installed_graph_tool; then
            graph_tool=yes
        else
            echo "    It cannot be had now; going without (block-model clusters, .gt export). To try again: make clean setup"
        fi
    else
        echo "    graph-tool (optional: block-model clusters, .gt export) is one line away:"
        echo "    sudo apt-get install -y --no-install-recommends python3-graph-tool && make clean setup"
    fi
}

installed_graph_tool() {
    compgen -G "$packages/graph_tool/libgraph_tool_core.cpython-${version/./}-*.so" >/dev/null
}

# graph-tool built for another numpy kills its interpreter: so it is tried in one of its own.
link_graph_tool() {
    ln -sfn "$packages/graph_tool" "$site/graph_tool"
    if "$venv/bin/python" -c '
import numpy, graph_tool
graph = graph_tool.Graph(directed=True)
graph.add_edge_list(numpy.array([[0, 1], [1, 2]]))
assert graph.num_edges() == 2' >>"$log" 2>&1; then
        return 0
    fi
    rm -f "$site/graph_tool"
    return 1
}

# What an environment is made from; if any of it changes, the environment is brought up to date.
state() {
    echo "python $version, graph-tool ${NSGRAPH_GRAPH_TOOL:-yes}"
    cksum requirements.lock requirements-graph-tool.lock pyproject.toml scripts/setup.sh
    pwd
}

install() {
    local lock=$1
    say "Installing $(grep -c == "$lock") packages from $lock (minutes the first time; log: $log)"
    run_logged "Installing the packages of $lock failed." \
        "$venv/bin/python" -m pip install --disable-pip-version-check --no-input -r "$lock"
}

# A finished environment keeps its Python, unless PYTHON names another version.
if [ -x "$venv/bin/python" ] && [ -f "$stamp" ]; then
    version=$(version_of "$venv/bin/python")
    if [ -n "${PYTHON:-}" ] && [ "$(version_of "$PYTHON")" != "$version" ]; then
        version=""
    fi
    [ -z "$version" ] || [ "$(cat "$stamp")" != "$(state)" ] || exit 0
    if [ -z "$version" ] || [ "$(cat "$stamp")" = unfinished ]; then
        say "Removing $venv: its set-up was interrupted, or its Python has gone"
        rm -rf "$venv"
    fi
elif [ -d "$venv" ] && [ ! -x "$venv/bin/python" ]; then
    rm -rf "$venv"
fi

if [ -x "$venv/bin/python" ]; then
    version=$(version_of "$venv/bin/python")
    [ -n "$version" ] || stop "$venv holds a Python older than 3.11; remove it (make clean) and run make again."
    say "Bringing $venv up to date (Python $version)"
else
    choose_python
    version=$(version_of "$python")
    say "Creating $venv with Python $version ($(command -v "$python"))"
    mkdir -p "$venv"
    echo unfinished >"$stamp"
    "$python" -m venv "$venv" || stop "$python cannot make a virtual environment in $venv."
fi
echo unfinished >"$stamp"
: >"$log"

look_for_graph_tool
lock=requirements.lock
if [ "$graph_tool" = yes ] && [ "$version" = 3.11 ]; then
    lock=requirements-graph-tool.lock # the distributions with Python 3.11 build it for numpy 1
fi
site=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("platlib"))')
rm -f "$site/graph_tool" # a link from an earlier set-up
install "$lock"
if [ "$graph_tool" = yes ]; then
    if link_graph_tool; then
        echo "    graph-tool is linked into $venv."
    else
        echo "    graph-tool does not work in $venv; going without."
        [ "$lock" = requirements.lock ] || install requirements.lock
    fi
fi

say "Installing nsgraph itself (editable)"
run_logged "Installing nsgraph itself failed." \
    "$venv/bin/python" -m pip install --disable-pip-version-check --no-input --no-index \
    --no-deps --no-build-isolation --editable .
run_logged "The installed packages contradict each other." "$venv/bin/python" -m pip check
state >"$stamp"
