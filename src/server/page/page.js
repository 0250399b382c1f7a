// A token stands after the #, which no browser sends to a server.
const token = new URLSearchParams(location.hash.slice(1)).get('token')
if (token !== null) document.querySelector('lakeweir-dashboard').token = token
