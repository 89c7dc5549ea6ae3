const FILES = 'https://files.example.com';
const data = document.querySelector('#data');

try {
  const { tides } = await (await fetch(`${FILES}/tides.json`)).json();
  data.textContent = `${location.origin} reads ${tides.length} tides.`;
} catch (error) {
  data.textContent = `${location.origin} reads nothing: ${error.message}`;
}
document.body.dataset.state = 'done';
