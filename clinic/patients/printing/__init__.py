"""Labels, wristbands and cards with the MRN as barcode and QR code, as PDF and as pages to print."""
