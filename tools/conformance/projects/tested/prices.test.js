const { total } = require('./prices');

test('prices add up', () => {
  expect(total([1, 2])).toBe(3);
});
