jest.mock('./more');

test('a mock gives nothing', () => {
  expect(require('./more').more()).toBeUndefined();
});
