// Without `validatorUrl` the page would ask a host elsewhere whether the document is valid.
window.SwaggerUIBundle({
  url: new URL("api", document.baseURI).href,
  dom_id: "#reference",
  deepLinking: true,
  docExpansion: "none",
  defaultModelsExpandDepth: 0,
  persistAuthorization: false,
  validatorUrl: null,
});
