const single = 'it\'s\n';
const double = "tab\there \q \
next";
const codes = '\x41\u00e9\u{1F980}\ud83e\udd80\0\101';
const half = "\ud83e";
const empty = '';
const template = `line one
line \`two\` \${kept} ${a} and ${`inner ${b + `deep ${c}`}`} $ {x}
`;
const tagged = dedent`
  You are ${role}.\n
`;
const raw = String.raw`C:\new\${x}${y}`;
const sum = 'a' + "b" + `c`;
const choice = flag ? `yes ${n}` : 'no';
const crab = '🦀 é ' + `${'🦀'}é`;
