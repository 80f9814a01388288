"""The style sheet of all reports: dark and light by the reader's setting, no picture, no font."""

STYLE = """
:root{color-scheme:light dark;--bg:#fbfbf9;--ink:#1c1d1f;--soft:#5d6168;--line:#dcdcd6;--card:#fff;
--c1:#2563a8;--c2:#c2410c;--c3:#15803d;--c4:#7e22ce;--c5:#a16207;--c6:#be185d;--hit:37,99,168;
--miss:194,65,12}
@media(prefers-color-scheme:dark){:root{--bg:#16181b;--ink:#e8e8e4;--soft:#a2a6ad;--line:#34373c;
--card:#1f2226;--c1:#7db3f0;--c2:#f39a6b;--c3:#6fce8d;--c4:#c79af0;--c5:#e0b95c;--c6:#f08fb8;
--hit:90,150,225;--miss:235,130,80}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
header,main{max-width:72rem;margin:0 auto;padding:1rem 1.25rem}
header{border-bottom:1px solid var(--line)}
h1,h2,h3,header p,summary{overflow-wrap:anywhere}
h1{font-size:1.6rem;margin:.5rem 0 0}header p{margin:.25rem 0 .5rem;color:var(--soft)}
h2{font-size:1.2rem;margin:2rem 0 .5rem}h3{font-size:1rem;margin:1.25rem 0 .4rem}
.note{color:var(--soft);margin:.2rem 0 .8rem;max-width:50rem}
a{color:var(--c1)}
:focus-visible{outline:3px solid var(--c1);outline-offset:2px;border-radius:.2rem}
main:focus{outline:none}
.skip{position:absolute;left:-99rem}
.skip:focus{left:.5rem;top:.5rem;padding:.4rem .8rem;background:var(--card);z-index:1}
nav ul{display:flex;flex-wrap:wrap;gap:.2rem 1rem;list-style:none;margin:.4rem 0;padding:0}
nav a{display:inline-block;padding:.15rem 0}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(13rem,1fr));gap:.6rem;
margin:.8rem 0}
.facts div{background:var(--card);border:1px solid var(--line);border-radius:.5rem;
padding:.5rem .75rem}
dt{color:var(--soft);font-size:.85rem}dd{margin:0;font-weight:600;overflow-wrap:anywhere}
.wide{overflow-x:auto;background:linear-gradient(90deg,var(--bg) 30%,transparent),
linear-gradient(270deg,var(--bg) 30%,transparent) 100% 0,
linear-gradient(90deg,var(--line),transparent) 0 0,
linear-gradient(270deg,var(--line),transparent) 100% 0;background-repeat:no-repeat;
background-size:2.5rem 100%,2.5rem 100%,.8rem 100%,.8rem 100%;
background-attachment:local,local,scroll,scroll}
@media(max-width:40rem){.wide th,.wide td{padding:.3rem .4rem}
.wide td{min-width:6rem}.wide .n{min-width:0}}
table{border-collapse:collapse;margin:.5rem 0}
caption{text-align:left;color:var(--soft);font-size:.85rem;padding-bottom:.3rem}
th,td{padding:.3rem .7rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
td{overflow-wrap:anywhere;min-width:10rem}
.n{text-align:right;font-variant-numeric:tabular-nums;overflow-wrap:normal;min-width:0}
.short td:first-child{overflow-wrap:break-word;min-width:0}
.names{column-width:22rem;font-size:.85rem;margin:.5rem 0}
.names a{display:block;overflow-wrap:anywhere;padding:.1rem 0}
.matrix td.hit{background:rgba(var(--hit),calc(var(--share)*.55))}
.matrix td.miss{background:rgba(var(--miss),calc(.12 + var(--share)*.6))}
.matrix td.zero{color:var(--soft)}
.tiles{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:.6rem;
margin:.6rem 0;content-visibility:auto;contain-intrinsic-size:auto 210rem}
@media(min-width:30rem){.tiles{grid-template-columns:repeat(3,minmax(0,1fr));
contain-intrinsic-size:auto 140rem}}
@media(min-width:42rem){.tiles{grid-template-columns:repeat(4,minmax(0,1fr));
contain-intrinsic-size:auto 105rem}}
@media(min-width:60rem){.tiles{grid-template-columns:repeat(6,minmax(0,1fr));
contain-intrinsic-size:auto 70rem}}
.sheet{display:flex;flex-wrap:wrap;gap:.6rem;margin:.4rem 0 1.4rem}
.sheet figure{width:13rem}
details{border-top:1px solid var(--line);padding:.3rem 0}
summary{cursor:pointer;font-weight:600;padding:.3rem 0}
figure{margin:0;background:var(--card);border:1px solid var(--line);border-radius:.5rem;
padding:.35rem;display:flex;flex-direction:column;justify-content:space-between;min-width:0}
figure.flagged{border:2px solid var(--c2)}
figcaption p{margin:0;font-size:.85rem;line-height:1.45;white-space:pre-line}
figure:target{grid-column:1/-1;outline:3px solid var(--c1);outline-offset:-3px;display:grid;
justify-content:start;gap:.8rem;scroll-margin:1rem}
figure:target img{margin:0}
@media(min-width:30rem){figure:target{grid-template-columns:auto minmax(0,1fr)}}
figure:target p{display:block;content-visibility:visible;margin:.4rem 0 0;color:var(--ink)}
figure img{max-width:100%;height:auto;display:block;margin:0 auto}
figcaption{font-size:.78rem;color:var(--soft);margin-top:.3rem;overflow-wrap:anywhere}
.flag{display:block;color:var(--c2)}
.nopicture{display:grid;place-items:center;min-height:6rem;min-width:6rem;background:var(--line);
font-size:.8rem;padding:.3rem;text-align:center;overflow-wrap:anywhere}
.bars{display:grid;gap:.3rem;max-width:46rem;margin:.6rem 0}
.bar{display:grid;grid-template-columns:12rem 1fr 9rem;gap:.6rem;align-items:center}
.bar span{overflow-wrap:anywhere}.bar i{background:var(--c1);height:.9rem;border-radius:.2rem;
display:block;min-width:2px}.bar b{font-weight:600;font-variant-numeric:tabular-nums}
svg.chart{max-width:46rem;width:100%;height:auto;display:block;margin:.6rem 0;
font:12px system-ui,sans-serif}
svg.chart text{fill:var(--soft)}svg.chart .axis{stroke:var(--line)}
svg.chart .column{fill:var(--c1)}
svg.chart .chance{stroke:var(--soft);stroke-width:1.5;stroke-dasharray:1 5;stroke-linecap:round}
svg.chart .band{opacity:.16}
.panels{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,18rem),1fr));gap:.8rem;
margin:.8rem 0}
.panel{background:var(--card);border:1px solid var(--line);border-radius:.5rem;min-width:0;
padding:.6rem .75rem}
.panel h4{font-size:.95rem;margin:0 0 .2rem}.panel svg.chart{max-width:27rem;margin:0 auto .3rem}
.legend svg.key{width:1.6rem;height:.4rem;margin-right:.35rem;vertical-align:middle}
.ranges .bar{grid-template-columns:14rem 1fr 16rem}
.track{position:relative;height:1rem;border-radius:.25rem;background:var(--line)}
.bar .track i{position:absolute;min-width:0}
.bar .track .band{top:.25rem;height:.5rem;background:var(--c1);opacity:.45}
.bar .track .dot{top:.1rem;width:.8rem;height:.8rem;margin-left:-.4rem;border-radius:50%}
.matrix.dense{font-size:.7rem}.matrix.dense td{padding:.12rem .2rem;min-width:1.25rem}
.matrix.dense thead th{writing-mode:vertical-rl;transform:rotate(180deg);padding:.3rem .12rem;
vertical-align:bottom}.matrix.dense th{padding:.12rem .4rem;font-weight:400;white-space:nowrap}
.matrix tbody th{position:sticky;left:0;background:var(--bg)}
.cases{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,20rem),1fr));gap:.8rem;
margin:.6rem 0;content-visibility:auto;contain-intrinsic-size:auto 120rem}
.case{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.6rem;
display:grid;grid-template-columns:8rem minmax(0,1fr);gap:.5rem .8rem;align-content:start}
.case figure{border:0;padding:0;background:none;justify-content:flex-start}
.case .words{font-size:.85rem;line-height:1.4;overflow-wrap:anywhere}
.case .words p{margin:0 0 .4rem}.case.pair{grid-template-columns:repeat(2,minmax(0,1fr))}
.case.pair .file{grid-column:1/-1;margin:0}
.told{border-left:.25rem solid var(--c2);padding:.1rem .8rem;margin:.5rem 0;overflow-wrap:anywhere}
.case .file{color:var(--soft);font-size:.78rem}
.odds{display:grid;grid-template-columns:minmax(0,1fr) 3.2rem;gap:.1rem .5rem;
font-variant-numeric:tabular-nums}
.odds span{background:linear-gradient(var(--c1),var(--c1)) 0 100%/var(--share) .2rem no-repeat;
padding-bottom:.25rem}.odds b{text-align:right}
.near{grid-column:1/-1;display:grid;grid-template-columns:repeat(3,minmax(0,1fr));gap:.5rem;
border-top:1px solid var(--line);padding-top:.5rem}
.near figcaption b{display:block;color:var(--ink)}
.near p{grid-column:1/-1;margin:0;font-size:.78rem;color:var(--soft)}
.bar.good i{background:var(--c3)}
.bar.fair i{background:repeating-linear-gradient(90deg,var(--c5) 0 .5rem,transparent .5rem .65rem)}
.bar.bad i{background:repeating-linear-gradient(135deg,var(--c2) 0 .3rem,transparent .3rem .45rem)}
.bar.good span b{color:var(--c3)}.bar.fair span b{color:var(--c5)}.bar.bad span b{color:var(--c2)}
.sheets{display:flex;flex-wrap:wrap;gap:.8rem;margin:.6rem 0 1rem}
.sheets .sheet{flex-wrap:nowrap;margin:0;gap:.2rem;max-width:100%}
.sheets figure{width:11rem;justify-content:flex-start}
.legend{display:flex;flex-wrap:wrap;gap:.9rem;font-size:.85rem;color:var(--soft)}
.legend i{display:inline-block;width:1.2rem;height:.25rem;margin-right:.35rem;vertical-align:middle}
@media(max-width:24rem){.case{grid-template-columns:5.5rem minmax(0,1fr)}}
@media(max-width:40rem){.bar{grid-template-columns:6rem 1fr 7rem}
.ranges .bar{grid-template-columns:1fr;gap:.1rem;margin-bottom:.5rem}
.facts{grid-template-columns:repeat(auto-fill,minmax(8rem,1fr))}th,td{padding:.3rem .4rem}}
"""
