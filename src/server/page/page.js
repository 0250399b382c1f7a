const dashboard = document.querySelector('lakeweir-dashboard')

// A token stands after the #, which no browser sends to a server.
const token = new URLSearchParams(location.hash.slice(1)).get('token')
if (token !== null) dashboard.token = token

// The theme that was chosen is chosen again, where this browser keeps anything.
const THEME = 'lakeweir-theme'
try {
  const theme = localStorage.getItem(THEME)
  if (theme !== null) dashboard.theme = theme
} catch {}
dashboard.addEventListener('lakeweir-theme', ({ detail }) => {
  try {
    localStorage.setItem(THEME, detail.theme)
  } catch {}
})

// Its keys work from the start.
await customElements.whenDefined('lakeweir-dashboard')
await dashboard.updateComplete
dashboard.focus({ preventScroll: true })
