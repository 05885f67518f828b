// [{from, to, value}…]: where a value begins and ends. Nothing is known of a gap longer than two steps.
export function statesOf(times, values, { until, stepMs, mergeValues }) {
  const states = [];
  times.forEach((time, index) => {
    const next = times[index + 1] ?? until;
    const to = stepMs && next - time > 2 * stepMs ? time + stepMs : next;
    const last = states.at(-1);
    if (mergeValues && last && last.to === time && Object.is(last.value, values[index])) {
      last.to = to;
    } else {
      states.push({ from: time, to, value: values[index] });
    }
  });
  return states;
}
