const a = `one
two ${x}
`;
const b = "x\
y";
// note
function f() {
  return a; // why
}
