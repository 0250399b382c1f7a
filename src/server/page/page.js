const dashboard = document.querySelector('lakeweir-dashboard')

// A token stands after the #, which no browser sends to a server. A website that shows this page in a frame puts a new
// one there in time: the page goes on, since only what stands after the # has changed.
dashboard.token = () => new URLSearchParams(location.hash.slice(1)).get('token') ?? undefined

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

// Its keys work from the start; in a frame the website has them until somebody comes in.
await customElements.whenDefined('lakeweir-dashboard')
await dashboard.updateComplete
if (parent === globalThis) dashboard.focus({ preventScroll: true })
