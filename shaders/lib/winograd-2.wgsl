// F(2, 3): 2 outputs of a 3-tap filter from 4 inputs by 4 multiplications, at the points 0, 1, -1 and infinity
// (Winograd 1980; Lavin and Gray 2016). Additions and halves only: as exact as the direct sum.
const TILE = 2u;
const HALF_TILE = 1u;
const POINTS = 4u;
const POINTS_SQUARED = 16u;
alias InputLine = array<vec4f, 4>;
alias FilterLine = array<vec4f, 3>;
alias OutputLine = array<vec4f, 2>;

fn transformInput(d: InputLine) -> InputLine {
  return InputLine(d[0] - d[2], d[1] + d[2], d[2] - d[1], d[1] - d[3]);
}

fn transformFilter(g: FilterLine) -> InputLine {
  let even = 0.5 * (g[0] + g[2]);
  let odd = 0.5 * g[1];
  return InputLine(g[0], even + odd, even - odd, g[2]);
}

fn transformOutput(m: InputLine) -> OutputLine {
  return OutputLine(m[0] + m[1] + m[2], m[1] - m[2] - m[3]);
}

// The transposes of the last two: what gradients by outputs, and by transformed filters, become.
fn transformGradient(g: OutputLine) -> InputLine {
  return InputLine(g[0], g[0] + g[1], g[0] - g[1], -g[1]);
}

fn transformFilterGradient(u: InputLine) -> FilterLine {
  let even = 0.5 * (u[1] + u[2]);
  return FilterLine(u[0] + even, 0.5 * (u[1] - u[2]), even + u[3]);
}
