"""The page as a file, and in a real browser where there is one."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser

import pandas as pd
import pytest

from nsgraph.errors import UserError
from nsgraph.prediction import null_table, predict, predict_null
from nsgraph.report import columns_table, networks_table, nulls_table, pairs_table, write_page
from nsgraph.report.page import shown
from nsgraph.report.svg import inline_svg
from nsgraph.studies.figures import save_figures
from nsgraph.studies.multipartite.claims import claims_table
from nsgraph.studies.multipartite.figures import all_figures
from nsgraph.studies.multipartite.headline import headline

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--window-size=1300,1000",
)


def drawn(rows, tables):
    return all_figures({**tables, "nulls": nulls_table(rows.nulls)}, ["prediction"])


@pytest.fixture(scope="module")
def page(tmp_path_factory, rows, metrics_dictionary):
    folder = tmp_path_factory.mktemp("report")
    networks, pairs = networks_table(rows.manifests, rows.metrics), pairs_table(rows.pairs)
    found = predict(networks, repeats=1, resamples=20, tasks=["accuracy-drop"])
    samples = predict_null(networks, samples=2, tasks=["accuracy-drop"])
    null = null_table(found.scores, samples)
    tables = {
        "networks": networks,
        "pairs": pairs,
        "prediction_scores": found.scores,
        "prediction_null": null,
        "prediction_null_samples": samples,
        "prediction_columns": found.columns,
        "prediction_comparisons": found.comparisons,
    }
    save_figures(drawn(rows, tables), folder / "figures")
    write_page(
        folder / "report.html",
        title="Graphs & <networks>",
        headline=headline(found.scores, null),
        facts={"Study": "a test", "Seeds": [0, 1, 2]},
        versions={"nsgraph": "0"},
        claims=claims_table(tables),
        figures=folder / "figures",
        tables=tables,
        columns=columns_table(tables, metrics_dictionary),
        about_claims="Shuffled <labels> are what it says.",
    )
    return folder / "report.html"


class Elements(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))


def test_the_page_is_one_file_below_three_megabytes(page):
    text = page.read_text("utf-8")
    assert page.stat().st_size < 3e6
    elements = Elements(text).found
    sources = [(t, a) for t, a in elements if "src" in a or t in ("link", "iframe", "base")]
    assert sources == []
    sheets = re.findall(r"url\(([^)]{0,12})", text)
    assert all(s.startswith(("data:", "#")) for s in sheets)
    assert "default-src 'none'" in text


def test_ids_are_unique_and_every_reference_is_met(page):
    elements = Elements(page.read_text("utf-8")).found
    ids = [a["id"] for _, a in elements if "id" in a]
    assert len(set(ids)) == len(ids)
    references = [a[k] for _, a in elements for k in ("href", "xlink:href") if k in a]
    assert all(r[1:] in ids for r in references if r.startswith("#"))


def test_text_is_escaped_and_numbers_are_all_there(page, rows):
    text = page.read_text("utf-8")
    assert "<title>Graphs &amp; &lt;networks&gt;</title>" in text
    assert "Shuffled &lt;labels&gt; are what it says." in text
    table = text[text.index('id="data-networks"') :]
    assert table[: table.index("</table>")].count("<tr>") == len(rows.manifests) + 1
    assert "0, 1, 2" in text


def test_page_and_figures_are_the_same_bytes_again(page, tmp_path, rows):
    networks, pairs = networks_table(rows.manifests, rows.metrics), pairs_table(rows.pairs)
    found = predict(networks, repeats=1, resamples=20, tasks=["accuracy-drop"])
    samples = predict_null(networks, samples=2, tasks=["accuracy-drop"])
    null = null_table(found.scores, samples)
    tables = {"networks": networks, "pairs": pairs, "prediction_scores": found.scores}
    save_figures(drawn(rows, {**tables, "prediction_null": null}), tmp_path)
    names = sorted(p.name for p in tmp_path.iterdir())
    assert len(names) == 2 * 5 + 1
    for name in names:
        assert (tmp_path / name).read_bytes() == (page.parent / "figures" / name).read_bytes()


def test_a_long_table_is_linked_alone(page, tmp_path, rows, metrics_dictionary, monkeypatch):
    monkeypatch.setattr("nsgraph.report.page.MOST_ROWS", 10)
    networks = networks_table(rows.manifests, rows.metrics)
    write_page(
        tmp_path / "page.html",
        title="",
        headline="",
        facts={},
        versions={},
        claims=claims_table({"prediction_scores": pd.DataFrame(columns=["features", "folding"])}),
        figures=page.parent / "figures",
        tables={"networks": networks},
        columns=columns_table({"networks": networks}, metrics_dictionary),
    )
    text = (tmp_path / "page.html").read_text("utf-8")
    assert 'id="data-networks"' not in text
    assert "networks.csv" in text


def test_missing_figures_are_said(tmp_path, rows):
    (tmp_path / "captions.json").write_text(json.dumps([{"name": "gone", "alt": ""}]))
    networks = networks_table(rows.manifests, rows.metrics)
    for folder, expected in ((tmp_path, "gone.svg"), (tmp_path / "none", "captions.json")):
        with pytest.raises(UserError, match=f"{expected}: no such file"):
            write_page(
                tmp_path / "page.html",
                title="",
                headline="",
                facts={},
                versions={},
                claims=pd.DataFrame(),
                figures=folder,
                tables={"networks": networks},
                columns=pd.DataFrame(columns=["table", "column"]),
            )
    assert not (tmp_path / "page.html").exists()


def test_inline_svg_keeps_figures_apart():
    svg = '<?xml?><svg><g id="a"/><use xlink:href="#a" clip-path="url(#a)"/></svg>'
    assert inline_svg(svg, "one", 'a "b"') == (
        '<svg role="img" aria-label="a &quot;b&quot;"><g id="one-a"/>'
        '<use xlink:href="#one-a" clip-path="url(#one-a)"/></svg>'
    )
    with pytest.raises(UserError, match="Figure one is not an SVG file"):
        inline_svg("png", "one", "")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""),
        (True, "yes"),
        (12345, "12\u202f345"),
        (0.5, "0.5"),
        (1 / 3, "0.3333"),
        (-1e-7, "-1e-07"),
        (123456.7, "1.2346e+05"),
        (float("inf"), "∞"),
        ("x", "x"),
    ],
)
def test_numbers_as_a_reader_wants_them(value, expected):
    assert shown(value) == expected


@pytest.fixture(scope="module")
def browser(page, tmp_path_factory):
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    driver = shutil.which("chromedriver")
    if not (chromium and driver):
        pytest.skip("no chromium with chromedriver on this machine")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options, webdriver.ChromeService(driver))
    try:
        browser.get(page.as_uri())
        wait_for(browser, "return document.documentElement.dataset.ready === 'yes'")
        yield browser
    finally:
        browser.quit()


def wait_for(browser, script):
    from selenium.webdriver.support.ui import WebDriverWait

    WebDriverWait(browser, 60).until(lambda b: b.execute_script(script))


def column_of(browser, table, head):
    script = """
        const table = document.getElementById(arguments[0]);
        const titles = [...table.tHead.querySelectorAll('.dt-column-title')];
        const place = titles.map((t) => t.textContent).indexOf(arguments[1]);
        return [...table.tBodies[0].rows].map((r) => r.cells[place].textContent);"""
    return browser.execute_script(script, table, head)


@pytest.mark.chromium
def test_the_page_asks_nothing_of_a_network_and_has_no_errors(browser):
    messages = [json.loads(e["message"])["message"] for e in browser.get_log("performance")]
    asked = [
        m["params"]["request"]["url"]
        for m in messages
        if m["method"] == "Network.requestWillBeSent"
    ]
    ours = [url for url in asked if not url.startswith("chrome:")]  # the browser's own start page
    assert ours
    assert all(url.startswith(("file:", "blob:", "data:")) for url in ours), ours
    assert browser.get_log("browser") == []
    width = "return document.documentElement.scrollWidth <= window.innerWidth"
    assert browser.execute_script(width)


@pytest.mark.chromium
def test_a_click_on_a_heading_sorts(browser):
    from selenium.webdriver.common.by import By

    before = column_of(browser, "data-networks", "test_accuracy")
    head = browser.find_element(By.XPATH, "//table[@id='data-networks']//span[.='test_accuracy']")
    browser.execute_script(
        "arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", head
    )
    sorted_by = "return document.querySelector('#data-networks th[aria-sort=%s]') !== null"
    head.click()
    wait_for(browser, sorted_by % "ascending")
    ascending = [float(v) for v in column_of(browser, "data-networks", "test_accuracy")]
    assert ascending == sorted(ascending)
    assert ascending != [float(v) for v in before]
    head.click()
    wait_for(browser, sorted_by % "descending")
    descending = [float(v) for v in column_of(browser, "data-networks", "test_accuracy")]
    assert descending == sorted(descending, reverse=True)
    assert descending[0] > ascending[0]


@pytest.mark.chromium
def test_typing_filters(browser):
    from selenium.webdriver.common.by import By

    wrapper = browser.find_element(By.ID, "data-networks_wrapper")
    box = wrapper.find_element(By.CSS_SELECTOR, ".dt-search input")
    box.send_keys("synflow")
    wait_for(
        browser,
        "return document.querySelector('#data-networks_wrapper .dt-info')"
        ".textContent.includes('of 18')",
    )
    assert set(column_of(browser, "data-networks", "method")) == {"synflow"}
    box.clear()
    box.send_keys(" \b")
    titles = wrapper.find_elements(By.CSS_SELECTOR, "thead .dt-column-title")
    heads = [t.get_attribute("textContent") for t in titles]
    of_method = wrapper.find_elements(By.CSS_SELECTOR, "thead tr:nth-child(2) input")
    of_method[heads.index("method")].send_keys("erk")
    wait_for(
        browser,
        "return document.querySelector('#data-networks_wrapper .dt-info')"
        ".textContent.includes('of 18')",
    )
    assert set(column_of(browser, "data-networks", "method")) == {"erk"}
