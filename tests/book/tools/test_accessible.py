"""Solutions open by key, no two exercises share a name, wide tables and code scroll by key."""

from __future__ import annotations

from booktools.site.accessible import repair

TITLE = '<p class="admonition-title">Solution to<a class="reference" href="#ex"> Exercise 1</a></p>'


def test_a_title_opens_its_solution_and_holds_no_link():
    body = repair(f'<details class="solution admonition" id="s">\n{TITLE}<p><a href="#x">x</a></p></details>')
    assert '<summary class="admonition-title">Solution to Exercise 1</summary>' in body
    assert '<a href="#x">x</a>' in body


def test_the_title_of_another_box_stays():
    assert repair(f'<div class="note admonition">{TITLE}</div>') == f'<div class="note admonition">{TITLE}</div>'


def test_tables_have_names_of_their_own_and_code_takes_the_focus():
    box = '<div class="pst-scrollable-table-container"><table></table></div>'
    body = repair(box + box + '<div class="highlight"><pre>x</pre></div><section id="exercise-content">')
    assert 'aria-label="Table 1" tabindex="0"' in body and 'aria-label="Table 2" tabindex="0"' in body
    assert '<pre tabindex="0">' in body and "exercise-content" not in body


def test_a_column_without_a_name_has_no_head_and_a_formula_is_one_in_letters():
    empty, formula = '<th class="head"><p></p></th>', '<th class="head"><p><math><mi>g</mi></math></p></th>'
    assert repair(empty) == '<td class="head"><p></p></td>'
    named = '<math aria-hidden="true"><mi>g</mi></math><span class="unseen">g</span>'
    assert repair(formula) == f'<th class="head"><p>{named}</p></th>'
    assert repair('<th class="head"><p>who</p></th>') == '<th class="head"><p>who</p></th>'
    entry = '<div class="citation" id="a" role="doc-biblioentry">'
    assert repair(entry) == entry.replace("doc-biblioentry", "listitem")
